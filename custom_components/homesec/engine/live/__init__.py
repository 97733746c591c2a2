"""Live video for viewers on this system, such as Home Assistant and go2rtc."""
