"""PKI: certificate authorities, certificates, templates, profiles and alerts of a project."""
