"""What was signed: contract, schedules of payment and of duty, early end, campaigns, envelopes."""
