"""Object stores for clips: Google Cloud Storage, encrypted or not."""
