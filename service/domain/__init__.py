"""The follow-up of a plan de acción in plain Python: no library outside the standard one."""
