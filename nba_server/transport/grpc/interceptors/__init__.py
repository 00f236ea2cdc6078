"""What every call passes, one concern a file. The order is the visible list in `stack.py`."""
