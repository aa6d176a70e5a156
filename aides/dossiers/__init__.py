"""The file: from the draft of the applicant to the last payment. States, acts, rights, reading."""
