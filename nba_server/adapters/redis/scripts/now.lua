-- KEYS: clock. The time as text, since a reply's numbers are integers of the engine's width.
return string.format('%.0f', store_time(KEYS[1]))
