"""Who is told of what: alerts, the people who are told, and the cameras left out for a while."""
