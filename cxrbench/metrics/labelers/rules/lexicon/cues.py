"""Negation, two grades of uncertainty, and the words that end their scope.

The idea of directed cues and of pseudo-cues follows NegEx (Chapman et al., J Biomed Inform 2001); the phrases are
written in the spellings of `spelling.py` ("is seen" covers "are identified", "was noted", ...).
"""

from __future__ import annotations

from typing import Final

_DEGREE = "(significant|significantly|definite|definitely|substantial|appreciable|interval|convincing|acute|new|obvious|major|real|further|marked)?"

PSEUDO: Final = (
    f"no {_DEGREE} {_DEGREE} (change|difference|improvement|progression|worsening|increase|decrease|enlargement) (in|of|from|since|to|compared|when)?",
    f"not {_DEGREE} {_DEGREE} (change|different|improved|worsened|increased|decreased|progressed)",
    "without (significant|interval|substantial|appreciable)? (interval)? (change|improvement|progression)",
    "not (well|clearly|as well|as|previously|definitely)? (well|clearly)? seen (on|in|previously|before|prior|at)",
    "not (well|clearly|as) (seen|evaluated|assessed|conspicuous|apparent)",
    "not (only|limited|necessarily)",
    "no (prior|previous|comparison|comparisons|priors|relevant prior)",
    "not (include|included|imaged|available|excluded from)",
    "(suggest|recommend|recommended|consider) (clinical|follow|followup|follow up|correlation|dedicated|additional|further|ct|repeat|comparison|chest)",
    "may (be|is)? (better|further|consider|benefit)",
    "no (acute|active) (process|disease) (other than|except)",
    "or (less|more|greater|so)",
    "to (right|left) (of)?",
    "with (respect|regard|comparison|patient|arms)",
    "(likely|probable|possible) (stable|unchanged|chronic|old|accentuated|artifact|artifactual|positional|technical)",
    "no longer (on|in) place",
)
"""Phrases that look like a cue and are none."""

NEGATE: Final = (
    "no",
    "not",
    "no xxxx of",
    "no (evidence|sign|signs|suggestion|indication|radiographic evidence|findings|finding|feature|features|xxxx) (of|for|to suggest|suggest|suggest of)?",
    "without",
    "without (evidence|sign|signs|radiographic evidence|findings|xxxx) (of|for)?",
    "negative for",
    "free (of|from)",
    "clear (of|from|without)",
    "(absence|absent|lack|lacking|devoid|denies|denied|denying) (of)?",
    "(interval)? (resolution|clearing|disappearance) (of)?",
    "(interval)? removal (of)?",
    "rather than",
    "instead of",
    "never",
    "unlikely (to represent|to be)?",
    "(fails|failed) to (show|reveal|demonstrate)",
    "exclude (of)?",
    "with no",
    "nothing to suggest",
    "not suggest (of)?",
    "no (definite|convincing|suspicious|obvious|focal|large|significant|acute|evidence for|typical findings of)",
)

NEGATE_BACK: Final = (
    "(is|has|was)? not (definitely|clearly|currently|otherwise|convincingly|been|again)? (seen|identified|suspected|suggest|visualized|shown)",
    "(is|has|has been)? (ruled out|exclude)",
    "(is)? absent",
    "(is)? no longer (seen|appear|clearly seen|well seen|definitely seen|visualised)?",
    "(is)? (unlikely|not likely|improbable)",
    "(has|is|has been) (removed|extubated|withdrawn|discontinued)",
    "(interval)? (been)? removed",
    "(is)? negative",
    "(is)? not (present|evident)",
)

NEGATE_EITHER: Final = (
    "(has|is|now|has completely|completely|have|interval|since|essentially|nearly)? (completely|now|since|largely|essentially)? resolved",
)

PROBABLE: Final = (
    "(most|very|more)? (likely|probable|probably|presumably|presumed|apparent)",
    "suggest (of)?",
    "(favor|presumed|suspected|suspect|suspicion of|suspicion for|suspicious for|suspicious of|worrisome for|concerning for)",
    "(likely|probable|most likely|presumably|xxxx) (due to|secondary to|related to|relates to|representing|from)",
    "(represent|reflect|indicate)",
    "(most)? xxxx (represent|reflect|relates|related|secondary)",
    "(may|which) (well)? xxxx (represent|reflect)",
    "(compatible|consistent) with",
    "appear to (be|is|represent)",
)
PROBABLE_BACK: Final = ("is (most)? (likely|probable|suspected|favor|presumed|suggest)",)
UNCERTAIN_NEGATION: Final = (
    "(not|difficult to|hard to|unable to|impossible to|not entirely|not completely|not definitively|not totally) (entirely|completely|definitively|totally)? exclude",
    "(can|could|may)? not rule out",
)
POSSIBLE: Final = (
    "may",
    "may (well|also)? (be|is|represent|reflect|indicate|suggest|has|relate|related)? (due|secondary|related|attributable|compatible|consistent|on the basis)? (to|with)?",
    "(possible|question) (due|secondary|related) to",
    "(possible|question|question of|perhaps|conceivably|potentially|potential|differential|borderline)",
    "(whether|either|concern for|concern of|concern)",
    "(less|not) likely",
    "(is)? difficult to",
    "if",
)
POSSIBLE_BACK: Final = (
    "(can|may|is|would)? not (is|is entirely|is completely|is definitively|is totally|is confidently|entirely is|completely is)? (exclude|ruled out)",
    "is (also)? (possible|question)",
    "may (also)? (be|is)? (seen|possible|considered)",
    "(is)? (in|on)? (differential|consideration|considerations|considered)",
    "is (less likely|difficult to exclude)",
    "?",
)
DIFFERENTIAL: Final = (
    "(differential|differential diagnosis|differential considerations|considerations|diagnostic considerations|possibilities)"
    " (is|would|may)? (xxxx and)? (include|includes|including)",
)
VERSUS: Final = ("versus",)

HYPOTHETICAL: Final = (
    "(history|hx|h / o) (of)?",
    "(evaluate|evaluation|assess|assessment|evaluating|assessing|look|screen|monitor|watch) for",
    "(to|for) (exclude|rule out)",
    "(rule out|r / o)",
    "(risk|treatment|treated|therapy|signs|symptoms) (of|for)",
    "(if)? (clinical)? (concern|suspicion|symptoms) (for|of) (clinical)?",
    "if (there is|clinical|clinically)",
    "status post",
    "s / p",
    "(known|prior|previous|previously|remote) history (of)?",
    "(previously|previous|prior) seen",
    "prior",
    "clinically (suspected|suspect)",
    "setting of",
    "area of concern",
    "(sensitive|sensitivity) (in|for|to) (detecting|detection of)?",
    "(detecting|detection of|demonstrate)",
)

BREAK: Final = (
    "but",
    "however",
    "although",
    "though",
    "except (for|that)?",
    "(other|apart|aside|different) (than|from)",
    "(there|it|this|these|that|which|who) (is|has|appear)",
    "there",
    "which",
    "(secondary|due|attributable|related) to",
    "(while|whereas|yet|still|nevertheless|otherwise|because|since|given|considering|besides|where)",
    ":",
    "superimposed (on|upon)",
)
WITH: Final = ("with", "associated with", "(accompanied|surrounded) by", "along with", "in addition (to)?")
COMMA: Final = (",", "(", ")")
OR: Final = ("or", "/", "and or", "and / or")
AND: Final = ("and",)

STARTERS: Final = (
    "(small|mild|mildly|moderate|moderately|tiny|minimal|trace|severe|persistent|bibasilar|bilateral|left|right|subtle|low|mildly"
    "|decreased|increased|increasing|worsening|improving|improved|interval|chronic|old|healed|healing|patchy|streaky|linear|calcified|minimally|slight"
    "|slightly|borderline|new|residual|scattered|multiple|several|probable|likely|again|continued)",
)
STEADY: Final = ("(stable|unchanged|similar|constant)",)
