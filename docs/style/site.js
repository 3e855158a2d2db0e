/* What the theme leaves to say to keyboards and screen readers. */
document.addEventListener("DOMContentLoaded", () => {
  for (const code of document.querySelectorAll("pre")) code.tabIndex = 0;
  for (const head of document.querySelectorAll("p.caption[role=heading]")) head.ariaLevel = "2";
  const sides = { "sidebar-drawer": "Pages", "toc-drawer": "On this page" };
  for (const [name, label] of Object.entries(sides)) {
    for (const side of document.querySelectorAll(`aside.${name}`)) side.ariaLabel = label;
  }
});
