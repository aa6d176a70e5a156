"""What every endpoint of the API shares. It knows no application; the settings name its classes module by module."""
