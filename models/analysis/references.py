"""The papers that tasks, cells, diagnostics, claims and stories come from, and how to cite this."""

from __future__ import annotations

import re
from functools import cache

TITLE = "Memory Lab: how far back a recurrent network remembers, and why it forgets"

REFERENCES = (
    "Alpaydin, E., Kaynak, C. (1998). Optical recognition of handwritten digits. UCI Machine "
    "Learning Repository.",
    "Arjovsky, M., Shah, A., Bengio, Y. (2016). Unitary evolution recurrent neural networks. ICML.",
    "Ba, J. L., Kiros, J. R., Hinton, G. E. (2016). Layer normalization. arXiv:1607.06450.",
    "Bai, S., Kolter, J. Z., Koltun, V. (2018). An empirical evaluation of generic convolutional "
    "and recurrent networks for sequence modeling. arXiv:1803.01271.",
    "Bengio, Y., Simard, P., Frasconi, P. (1994). Learning long-term dependencies with gradient "
    "descent is difficult. IEEE Transactions on Neural Networks 5(2), 157–166.",
    "Boschloo, R. D. (1970). Raised conditional level of significance for the 2 × 2-table when "
    "testing the equality of two probabilities. Statistica Neerlandica 24(1), 1–9.",
    "Cho, K. et al. (2014). Learning phrase representations using RNN encoder–decoder for "
    "statistical machine translation. EMNLP.",
    "Chung, J. et al. (2014). Empirical evaluation of gated recurrent neural networks on sequence "
    "modeling. arXiv:1412.3555.",
    "Clopper, C. J., Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated "
    "in the case of the binomial. Biometrika 26(4), 404–413.",
    "Cooijmans, T. et al. (2016). Recurrent batch normalization. arXiv:1603.09025.",
    "Elman, J. L. (1990). Finding structure in time. Cognitive Science 14(2), 179–211.",
    "Gers, F. A., Schmidhuber, J., Cummins, F. (2000). Learning to forget: continual prediction "
    "with LSTM. Neural Computation 12(10), 2451–2471.",
    "Hochreiter, S. (1991). Untersuchungen zu dynamischen neuronalen Netzen. Diploma thesis, TU "
    "München.",
    "Hochreiter, S., Schmidhuber, J. (1997). Long short-term memory. Neural Computation 9(8), "
    "1735–1780.",
    "Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian "
    "Journal of Statistics 6(2), 65–70.",
    "Jozefowicz, R., Zaremba, W., Sutskever, I. (2015). An empirical exploration of recurrent "
    "network architectures. ICML.",
    "Karpathy, A., Johnson, J., Li, F.-F. (2016). Visualizing and understanding recurrent "
    "networks. ICLR workshop.",
    "Kingma, D. P., Ba, J. (2015). Adam: a method for stochastic optimization. ICLR.",
    "Laurent, C. et al. (2016). Batch normalized recurrent neural networks. ICASSP.",
    "Le, Q. V., Jaitly, N., Hinton, G. E. (2015). A simple way to initialize recurrent networks of "
    "rectified linear units. arXiv:1504.00941.",
    "Loshchilov, I., Hutter, F. (2017). SGDR: stochastic gradient descent with warm restarts. "
    "ICLR.",
    "Mikolov, T. (2012). Statistical language models based on neural networks. PhD thesis, Brno "
    "University of Technology.",
    "Pascanu, R., Mikolov, T., Bengio, Y. (2013). On the difficulty of training recurrent neural "
    "networks. ICML.",
    "Polyak, B. T. (1964). Some methods of speeding up the convergence of iteration methods. USSR "
    "Computational Mathematics and Mathematical Physics 4(5), 1–17.",
    "Schoenholz, S. S. et al. (2017). Deep information propagation. ICLR.",
    "Sutskever, I. et al. (2013). On the importance of initialization and momentum in deep "
    "learning. ICML.",
    "Tallec, C., Ollivier, Y. (2018). Can recurrent neural networks warp time? ICLR.",
    "Tieleman, T., Hinton, G. (2012). RMSprop: divide the gradient by a running average of its "
    "recent magnitude. Neural networks for machine learning, lecture 6.5, Coursera.",
    "Werbos, P. J. (1990). Backpropagation through time: what it does and how to do it. "
    "Proceedings of the IEEE 78(10), 1550–1560.",
    "Wichmann, F. A., Hill, N. J. (2001). The psychometric function I: fitting, sampling, and "
    "goodness of fit. Perception & Psychophysics 63(8), 1293–1313.",
    "Williams, R. J., Peng, J. (1990). An efficient gradient-based algorithm for on-line training "
    "of recurrent network trajectories. Neural Computation 2(4), 490–501.",
)
"""In the order of their first authors."""


def citation(version: str) -> str:
    """Returns the BibTeX entry of this project, at this version."""
    return (
        f"@software{{memory_lab,\n  title = {{{TITLE}}},\n"
        f"  author = {{{{The Memory Lab authors}}}},\n  version = {{{version}}},\n}}"
    )


@cache
def by_key() -> dict[str, re.Match[str]]:
    """The parts of each reference by its key, such as ``hochreiter1997``."""
    parts = [_PARTS.fullmatch(paper) for paper in REFERENCES]
    return {f"{_surname(one['authors']).lower()}{one['year']}": one for one in parts if one}


def cited(key: str) -> str:
    """How a sentence cites a paper: "Hochreiter & Schmidhuber 1997". Raises KeyError."""
    paper = by_key()[key]
    authors = _authors(paper["authors"])
    named = [_surname(author) for author in authors]
    if len(named) > 2 or authors[-1] == "others":
        return f"{named[0]} et al. {paper['year']}"
    return f"{' & '.join(named)} {paper['year']}"


def bibtex(key: str) -> str:
    """The BibTeX entry of a paper. Raises KeyError."""
    paper = by_key()[key]
    kind, fields = _venue(paper["where"])
    said = {
        "author": " and ".join(_authors(paper["authors"])),
        "title": f"{{{paper['title']}}}",
        "year": paper["year"],
        **fields,
    }
    lines = [f"  {name} = {{{_escaped(text)}}}," for name, text in said.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


_PARTS = re.compile(
    r"(?P<authors>.+?) \((?P<year>\d{4})\)\. (?P<title>.+?)(?:\.|(?<=\?)) (?P<where>.+)\."
)
_ARTICLE = re.compile(r"(?P<journal>.+) (?P<volume>\d+)\((?P<number>\d+)\), (?P<pages>\d+–\d+)")


def _authors(text: str) -> list[str]:
    """Each author as "Surname, I. J."; "others" stands for those of "et al."."""
    whole = text.removesuffix(" et al.")
    found = re.findall(r"[^,]+, (?:[A-Z]\.[ -]?)+", whole + " ")
    named = [author.strip(" ,") for author in found]
    return [*named, "others"] if whole != text else named


def _surname(author: str) -> str:
    return author.partition(",")[0]


def _venue(where: str) -> tuple[str, dict[str, str]]:
    """The kind of an entry, and the fields that say where it came out."""
    if article := _ARTICLE.fullmatch(where):
        return "article", article.groupdict()
    if where.startswith("arXiv:"):
        return "misc", {"eprint": where.removeprefix("arXiv:"), "archiveprefix": "arXiv"}
    if " " not in where:
        return "inproceedings", {"booktitle": where}
    return "misc", {"howpublished": where}


def _escaped(text: str) -> str:
    return text.replace("&", r"\&").replace("–", "--").replace("×", r"$\times$")
