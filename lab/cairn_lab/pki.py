"""The cluster's certificates, made by openssl(1).

Python 3.13 verifies strictly (RFC 5280): the CA must have a critical basicConstraints,
keyUsage and key identifiers, and every leaf an authority key identifier.
"""

from dataclasses import dataclass, field

from .run import run

_DAYS = "3650"

_CA = """\
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign, digitalSignature
subjectKeyIdentifier = hash
"""

_LEAF = """\
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
"""


@dataclass
class Identity:
    """Whom a certificate names: ``user`` and ``groups`` as Kubernetes reads them from
    the subject's CN and O; ``hosts`` are its subjectAltNames ("IP:1.2.3.4", "DNS:name")."""

    name: str
    user: str
    groups: list = field(default_factory=list)
    hosts: list = field(default_factory=list)


def make_ca(folder):
    """Make ca.crt and ca.key in ``folder``, and the service accounts' sa.key and sa.pub,
    unless they are there."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / "ca.crt").exists():
        _certificate(folder, "ca", "/CN=cairn-lab-ca", _CA, [])
    if not (folder / "sa.pub").exists():
        _key(folder / "sa.key")
        run(["openssl", "pkey", "-in", folder / "sa.key", "-pubout", "-out", folder / "sa.pub"])


def issue(folder, identity):
    """Make ``<name>.crt`` and ``<name>.key`` in ``folder``, signed by its CA, unless they are
    there. Returns the two paths."""
    certificate = folder / f"{identity.name}.crt"
    if not certificate.exists():
        subject = "".join(f"/O={group}" for group in identity.groups) + f"/CN={identity.user}"
        extensions = _LEAF
        if identity.hosts:
            extensions += f"subjectAltName = {', '.join(identity.hosts)}\n"
        signer = ["-CA", folder / "ca.crt", "-CAkey", folder / "ca.key"]
        _certificate(folder, identity.name, subject, extensions, signer)
    return certificate, folder / f"{identity.name}.key"


def _certificate(folder, name, subject, extensions, signer):
    key, new = folder / f"{name}.key", folder / f"{name}.crt.new"
    _key(key)
    # A configuration of our own: the machine's would add extensions.
    config = f"[req]\nprompt = no\ndistinguished_name = none\n[none]\n[ext]\n{extensions}"
    argv = ["openssl", "req", "-x509", "-new", "-sha256", "-days", _DAYS, "-key", key]
    argv += ["-subj", subject, "-config", "/dev/stdin", "-extensions", "ext", "-out", new]
    run([*argv, *signer], input=config)
    # Last, so that a certificate that is there is whole and has its key.
    new.rename(folder / f"{name}.crt")


def _key(path):
    curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    run(["openssl", "genpkey", *curve, "-out", path])
    path.chmod(0o600)
