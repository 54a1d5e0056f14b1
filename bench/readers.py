"""Readers of the IBM i double in this very process, for what is measured without a broker."""

import os

from dev.ibmi import Ibmi
from producer.odbc import Odbc
from producer.settings import IbmiSettings
from runtime.bounded import Bounded
from runtime.shutdown import Shutdown


def odbc_of(double: Ibmi) -> Odbc:
    """A connection as the product makes it."""
    os.environ.update(double.environment())
    given = double.exports()
    ibmi = IbmiSettings.model_validate(
        {name: given[f"SK2SIEM_IBMI__{name.upper()}"] for name in ("system", "username", "password")}
    )
    return Odbc(ibmi, Bounded(Shutdown()))
