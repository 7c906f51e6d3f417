"""A web page on this machine that restores pictures: `python run_app.py`, with what requirements-app.txt names."""
