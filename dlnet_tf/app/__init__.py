"""A page on this machine to drop a picture on: `python run_app.py`, with what requirements-app.txt names."""
