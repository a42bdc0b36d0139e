"""Text overlap scores of reports and answers: BLEU, ROUGE, METEOR, CIDEr."""

from cxrbench.metrics.text.bleu import Bleu
from cxrbench.metrics.text.cider import Cider
from cxrbench.metrics.text.meteor import Meteor
from cxrbench.metrics.text.rouge import Rouge
from cxrbench.metrics.text.rouge_coco import RougeLCoco

__all__ = ["Bleu", "Cider", "Meteor", "Rouge", "RougeLCoco"]
