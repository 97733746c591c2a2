"""The detectors that there are: by the name of their library."""

DEFAULT = "ncnn"  # runs on every system that Home Assistant runs on, with bundled networks
OPENCV = "opencv"
OPENCV_REQUIREMENT = "opencv-python-headless==5.0.0.93"
"""Installed only where OpenCV is chosen: it has no wheel for Alpine Linux."""
