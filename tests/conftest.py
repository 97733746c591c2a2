"""For all tests: HomeSec is the ``custom_components`` of this repository.

The pytest plugin brings a package of that name too; whichever is imported first wins.
"""

import custom_components  # noqa: F401
