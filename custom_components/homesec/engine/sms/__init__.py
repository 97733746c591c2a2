"""Text messages through Twilio: durable, sent once, and never when they are out of date."""
