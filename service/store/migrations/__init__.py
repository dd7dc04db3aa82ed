"""How the tables came to be, step by step; Alembic runs `env.py` and the steps in `versions`."""
