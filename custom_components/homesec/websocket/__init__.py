"""The websocket commands and subscriptions of the page."""
