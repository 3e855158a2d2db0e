/* What the theme leaves to say to keyboards and screen readers. */
document.addEventListener("DOMContentLoaded", () => {
  for (const shown of document.querySelectorAll("article p > img")) shown.parentElement.classList.add("picture");
  for (const wide of document.querySelectorAll("pre, .picture")) wide.tabIndex = 0;
  for (const head of document.querySelectorAll("p.caption[role=heading]")) head.ariaLevel = "2";
  const sides = { "sidebar-drawer": "Pages", "toc-drawer": "On this page" };
  for (const [name, label] of Object.entries(sides)) {
    for (const side of document.querySelectorAll(`aside.${name}`)) side.ariaLabel = label;
  }
});
