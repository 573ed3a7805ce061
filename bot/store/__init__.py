"""The one seam to the database: values in, values out. No other room knows SQL."""
