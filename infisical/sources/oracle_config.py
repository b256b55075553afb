"""The configuration file of Oracle Cloud's tools (`~/.oci/config`), and the forms of its entries.

Pure: oracle.py reads the files and signs. No message shows a value of the file: it may be a secret in the wrong place.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.errors import AuthenticationError

MAX_LENGTH: Final = 255
OCID_FORM: Final = re.compile(r"[0-9A-Za-z_-]+[.:](?:[0-9A-Za-z_-]*[.:]){3,}[0-9A-Za-z_-]+")
REGION_FORM: Final = re.compile(r"[a-z]{2}-[a-z]+-[1-9]")
"""The regions of Oracle's commercial realm, as Infisical's server accepts them."""
FORMS: Final = {
    "user": OCID_FORM,
    "tenancy": OCID_FORM,
    "fingerprint": re.compile(r"(?:[0-9a-f]{2}:){15}[0-9a-f]{2}"),
    "region": REGION_FORM,
}
SHORT_NAMES: Final[Mapping[str, str]] = dict(
    re.findall(
        r"(\w+)=(\S+)",
        "aga=us-saltlake-2 ams=eu-amsterdam-1 arn=eu-stockholm-1 auh=me-abudhabi-1 bog=sa-bogota-1 bom=ap-mumbai-1 "
        "cdg=eu-paris-1 cwl=uk-cardiff-1 dxb=me-dubai-1 fra=eu-frankfurt-1 gru=sa-saopaulo-1 hsg=ap-batam-1 "
        "hyd=ap-hyderabad-1 iad=us-ashburn-1 icn=ap-seoul-1 jbp=ap-kulai-2 jed=me-jeddah-1 jnb=af-johannesburg-1 "
        "kix=ap-osaka-1 lej=af-casablanca-1 lhr=uk-london-1 lin=eu-milan-1 mad=eu-madrid-1 mel=ap-melbourne-1 "
        "mrs=eu-marseille-1 mty=mx-monterrey-1 mtz=il-jerusalem-1 nrq=eu-turin-1 nrt=ap-tokyo-1 onm=ap-delhi-1 "
        "ord=us-chicago-1 orf=eu-madrid-3 phx=us-phoenix-1 qro=mx-queretaro-1 ruh=me-riyadh-1 scl=sa-santiago-1 "
        "sin=ap-singapore-1 sjc=us-sanjose-1 syd=ap-sydney-1 vap=sa-valparaiso-1 vcp=sa-vinhedo-1 xsp=ap-singapore-2 "
        "yny=ap-chuncheon-1 yul=ca-montreal-1 yyz=ca-toronto-1 zrh=eu-zurich-1",
    )
)
"""The short names that Oracle's tools accept for these regions."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The entries of one profile that are set; `place` names profile and file for messages."""

    place: str
    entries: dict[str, str] = field(repr=False, hash=False)

    def get(self, name: str) -> Answer[str]:
        """Return an entry in its form, or an `AuthenticationError` that names what is missing or malformed."""
        value = self.entries.get(name)
        if value is None:
            return Failure(AuthenticationError(f"{self.place} lacks {name}"))
        return check_form(name, value, self.place)


def parse_profile(text: str, profile: str, path: str) -> Answer[Profile]:
    """Parse a profile; it inherits the entries of `DEFAULT`, as with Oracle's tools."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except (configparser.Error, ValueError, RecursionError):  # their text shows lines of the file
        return Failure(AuthenticationError(f"the OCI configuration file cannot be parsed: {path}"))
    if profile not in parser:
        return Failure(AuthenticationError(f"the OCI configuration file has no profile [{profile}]: {path}"))
    entries = {name: value.strip() for name, value in parser[profile].items() if value and value.strip()}
    return Success(Profile(f"the profile [{profile}] of {path}", entries))


def check_form(name: str, value: str, place: str) -> Answer[str]:
    """Return the value of an entry, a region by its full name; a failure if it has not the form of its kind."""
    if name == "region":
        value = SHORT_NAMES.get(value.lower(), value.lower())
    form = FORMS.get(name)
    if form is None or (len(value) <= MAX_LENGTH and form.fullmatch(value)):
        return Success(value)
    also = ": Infisical accepts those of the commercial realm, eu-frankfurt-1 for example" if name == "region" else ""
    return Failure(AuthenticationError(f"{name} of {place} has not the form of a {name}{also}"))
