"""Text messages through Twilio: durable, never twice, never old news."""
