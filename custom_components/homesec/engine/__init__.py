"""What a security recorder does: capture, detection, clips.

Nothing below this package imports Home Assistant; a plain script can use all of it.
"""
