"""How every screen looks and listens, whatever chapter it stands in.

`look` has the one style sheet and the one place where words become HTML; `frame` keeps keys,
cursor and screen reader in order where ipywidgets has no say; `children` closes what is no
longer shown, `eye` tells what somebody can see. Forms, reports and training build their screens
from it; it knows nothing of what they show. Nothing is loaded here: name the module.
"""
