"""One run a folder, whatever became of the run before."""

import fcntl
import os
import subprocess
import sys

import pytest

from dlnet_tf.errors import UsageError
from dlnet_tf.training import lock
from dlnet_tf.training.lock import locked

HOLD = """
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("process 7 on elsewhere", file=file, flush=True)
print("held", flush=True)
time.sleep(60)
"""


def test_a_folder_is_made_locked_and_left_as_it_was(tmp_path):
    folder = tmp_path / "runs" / "train"
    with locked(folder):
        assert (folder / ".lock").read_text().startswith(f"process {os.getpid()} on ")
        with pytest.raises(UsageError, match=f"{folder}: another run uses this folder .process {os.getpid()} on "):
            with locked(folder):
                pass
    assert list(tmp_path.iterdir()) == []
    folder.mkdir(parents=True)
    with locked(folder):
        (folder / "state.npz").touch()
    assert [path.name for path in folder.iterdir()] == ["state.npz"]


def test_an_error_gives_the_folder_back(tmp_path):
    with pytest.raises(RuntimeError), locked(tmp_path / "run"):
        raise RuntimeError
    with locked(tmp_path / "run"):
        pass


def test_a_killed_process_gives_the_folder_back(tmp_path):
    path = tmp_path / ".lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(
            UsageError, match=r"another run uses this folder \(process 7 on elsewhere\), expected another --output_dir"
        ):
            with locked(tmp_path):
                pass
        assert path.exists()
        process.kill()
        process.wait()
    with locked(tmp_path):
        pass


def test_a_lock_on_a_file_that_was_removed_meanwhile_is_none(tmp_path, monkeypatch):
    """As when the holder ends between this process's opening the file and locking it, and a third one comes."""
    path, flock, locks = tmp_path / ".lock", fcntl.flock, []

    def late(file, how):
        locks.append(os.fstat(file.fileno()).st_ino)
        if len(locks) == 1:
            path.rename(tmp_path / "gone")
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with locked(tmp_path):
        assert len(locks) == 2 and path.stat().st_ino == locks[1] != locks[0]


def test_a_file_system_without_locks_lets_a_run_begin_and_says_so(tmp_path, monkeypatch, capsys):
    def flock(file, how):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", flock)
    with locked(tmp_path):
        assert "no lock (Function not implemented): make sure" in capsys.readouterr().out


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="file is not a writable folder"):
        with locked(tmp_path / "file" / "run"):
            pass

    def full(path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lock, "_open_locked", full)
    with pytest.raises(UsageError, match=r"cannot be written \(No space left on device\)"), locked(tmp_path / "run"):
        pass
