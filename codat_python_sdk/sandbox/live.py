"""The dashboard's only script, which updates the elements marked as live in place."""

from __future__ import annotations

# Elements stay the same elements: focus, selection, scroll positions and what was typed are not lost. A table's rows
# are recognised by their key, so that a button never becomes another row's.
SCRIPT = """
(() => {
  const key = node => node && node.nodeType === 1 ? node.getAttribute("data-key") : null;
  function sync(own, fresh) {
    for (const one of [...own.attributes]) if (!fresh.hasAttribute(one.name)) own.removeAttribute(one.name);
    for (const one of fresh.attributes)
      if (own.getAttribute(one.name) !== one.value) own.setAttribute(one.name, one.value);
    const kept = new Map([...own.children].filter(key).map(node => [key(node), node]));
    const wanted = new Set([...fresh.children].map(key));
    let at = own.firstChild;
    for (const node of [...fresh.childNodes]) {
      while (key(at) && !wanted.has(key(at))) { const gone = at; at = at.nextSibling; gone.remove(); }
      const same = key(node) ? kept.get(key(node)) : at && !key(at) && at.nodeName === node.nodeName ? at : null;
      if (!same) { own.insertBefore(document.importNode(node, true), at); continue; }
      if (same === at) at = at.nextSibling; else own.insertBefore(same, at);
      if (same.nodeType === 1) sync(same, node); else if (same.data !== node.data) same.data = node.data;
    }
    while (at) { const gone = at; at = at.nextSibling; gone.remove(); }
  }
  async function update() {
    if (!document.hidden) try {
      const response = await fetch(location.href);
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      for (const own of document.querySelectorAll("[data-live]")) {
        const other = fresh.getElementById(own.id);
        if (other) sync(own, other);
      }
    } catch { /* the sandbox was stopped; it may come back */ }
    setTimeout(update, 1500);
  }
  setTimeout(update, 1500);
})();
"""
