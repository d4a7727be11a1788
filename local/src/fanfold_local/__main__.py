"""``python -m fanfold_local --port 4566 --folder .fanfold``: one embedded AWS in the foreground."""

import sys

from fanfold_local.server import serve
from fanfold_local.settings import parse

serve(parse(sys.argv[1:]))
