"""Steering: indicators, measures, dashboards, receipts of figures, diagnosis. Reads every app, is read by none."""
