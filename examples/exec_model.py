"""A model as a program: reads one request a line, writes one prediction a line.

cxrbench run --model "exec:python examples/exec_model.py" --task iu-report --limit 20
"""

import json
import sys

for line in sys.stdin:
    request = json.loads(line)
    film = request["images"][0]["path"]  # read it with any library
    answer = {"id": request["id"], "text": "Findings: The lungs are clear. Impression: No acute disease."}
    print(json.dumps(answer), flush=True)
