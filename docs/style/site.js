/* What the theme leaves to say to keyboards and screen readers. */
document.addEventListener("DOMContentLoaded", () => {
  for (const shown of document.querySelectorAll("article p > img")) {
    shown.parentElement.classList.add("picture");
    // As wide as the page, but never so small that it cannot be read: then it scrolls.
    const fit = () => { shown.style.maxWidth = `max(100%, ${0.6 * shown.naturalWidth}px)`; };
    if (shown.complete) fit(); else shown.addEventListener("load", fit);
  }
  for (const wide of document.querySelectorAll("pre, .picture")) wide.tabIndex = 0;
  for (const head of document.querySelectorAll("p.caption[role=heading]")) head.ariaLevel = "2";
  const sides = { "sidebar-drawer": "Pages", "toc-drawer": "On this page" };
  for (const [name, label] of Object.entries(sides)) {
    for (const side of document.querySelectorAll(`aside.${name}`)) side.ariaLabel = label;
  }
});
