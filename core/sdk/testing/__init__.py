"""The contract suite: what every plugin must pass. A plugin's own tests begin with it:

class TestContract(PluginContract):
    packages = {"notes": "plugins.notes"}
"""

from core.sdk.testing.contract import PluginContract
from core.sdk.testing.site import Site, build, sqlite_site

__all__ = ["PluginContract", "Site", "build", "sqlite_site"]
