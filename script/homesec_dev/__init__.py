"""What `script/` runs on: the set-up, sample footage and models, a real HA and a real browser.

`bootstrap` makes the virtual environment; all other modules run inside it.
"""
