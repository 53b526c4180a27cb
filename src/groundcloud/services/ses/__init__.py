"""SES: identities, templates, and sending mail over the mail engine. Both of its APIs."""
