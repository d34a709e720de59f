/* Runs before the first paint, so that neither theme flashes in the colours of the other. */
(() => {
  try {
    const theme = localStorage.getItem('openmanager.theme');
    if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
  } catch {
    // Private windows may refuse storage: then the system's theme is shown.
  }
})();
