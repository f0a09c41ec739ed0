// A table that is wider than the window can be scrolled by keyboard, too.
document$.subscribe(() =>
  requestAnimationFrame(() =>
    document.querySelectorAll(".md-typeset__scrollwrap").forEach((element) => { element.tabIndex = 0; }),
  ),
);
