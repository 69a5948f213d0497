# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The ledger
#
# A network that explains a paper must be the paper's network. So every number that was published about these networks (in a paper, a README, a printed table) stands here beside our own, with the rule by which it was counted. Ours are counted, never stored: these, while this page was made. Where the two differ, the last column says why.
#
# Not every number was printed. Where the source says *counted*, it was counted in the authors' own model, table or configuration; where it says *worked out*, as for receptive fields, no publication states the number, and it follows by hand from the published kernels and strides.
#
# The same in a terminal, for one network or for all:
#
# ```console
# $ python -m yoloexplain ledger densenet121
# ```

# %% tags=["remove-input"]
from yoloexplain.ledger import ledger

ledger()
