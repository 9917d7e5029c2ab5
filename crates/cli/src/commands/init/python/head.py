import json
import sys
from pathlib import Path
