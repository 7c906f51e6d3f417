"""What stands in a model card."""

from dlnet_tf.training.cards import write_card
from dlnet_tf.training.notes import Notes
from dlnet_tf.training.plan import Plan
from dlnet_tf.training.run_files import RunFiles

HISTORY = [
    {"step": 500, "psnr": {"u=0": 31.004, "u=2.6": 29.5}},
    {"step": 1000, "psnr": {"u=0": 32.126, "u=2.6": 30.25}},
    {"step": 1500, "psnr": {"u=0": 32.0, "u=2.6": 30.0}},
]


def test_a_card_tells_the_best_step_and_the_facts(tmp_path):
    plan = Plan(RunFiles(tmp_path, "idn_x3_dlnet"), 2000, 8, facts={"Data": "T91", "Command": "`python x`"})
    write_card(plan, Notes(3725.0, HISTORY, {"step": 1000, "psnr": 31.188}))
    assert (tmp_path / "idn_x3_dlnet.md").read_text().splitlines() == [
        "# idn_x3_dlnet",
        "",
        "- **Data:** T91",
        "- **Command:** `python x`",
        "- **Steps:** 1500 in 1:02:05 of wall clock, 12,000 examples",
        "- **Best:** step 1000: 32.13 dB at u=0, 30.25 dB at u=2.6 on the held-out images",
    ]


def test_a_card_tells_every_schedule_that_the_run_went_through(tmp_path):
    plan = Plan(RunFiles(tmp_path, "tiny"), 3500, 8)
    totals = [[0, 14_000], [631, 2500], [900, 3500], [1000, 3500]]
    write_card(plan, Notes(1510.0, HISTORY, {"step": 1000}, totals=totals))
    steps = "1500 in 25:10 of wall clock, 12,000 examples; steps 1-631 under a schedule of 14000; steps 632-900 under "
    steps += "a schedule of 2500"
    assert f"- **Steps:** {steps}\n" in plan.files.card.read_text()


def test_a_run_without_a_best_step_has_a_card(tmp_path):
    plan = Plan(RunFiles(tmp_path, "tiny"), 2000, 8)
    history = [{"step": 500, "psnr": {"u=0": float("nan")}}]
    write_card(plan, Notes(1.0, history, {"step": 0, "psnr": float("-inf")}))
    assert "Best" not in plan.files.card.read_text()
