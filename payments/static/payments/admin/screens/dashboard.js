// Draws the daily chart from the JSON beside it, in the colours of the page. Without this script
// the table under it stands open and says the same.
(function () {
  "use strict";

  const canvas = document.getElementById("daily-chart");
  const source = document.getElementById("daily-data");
  if (!canvas || !source || !window.Chart) {
    return;
  }
  const data = JSON.parse(source.textContent);
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const short = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact" });
  const won = (amount) => data.won.replace("{}", number.format(amount));
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function bars(name, background) {
    return {
      label: data.words[name],
      data: data[name],
      backgroundColor: background,
      borderRadius: 3,
      maxBarThickness: 26,
      categoryPercentage: 0.72,
      barPercentage: 0.92,
    };
  }

  function options() {
    const quiet = color("--ink-soft");
    const font = { family: getComputedStyle(document.body).fontFamily, size: 11 };
    return {
      maintainAspectRatio: false,
      animation: false,
      interaction: { mode: "index", intersect: false },
      plugins: {
        legend: {
          align: "start",
          labels: { color: quiet, font: font, boxWidth: 10, boxHeight: 10, useBorderRadius: true, borderRadius: 2 },
        },
        tooltip: {
          backgroundColor: color("--ink"),
          titleColor: color("--surface"),
          bodyColor: color("--surface"),
          titleFont: font,
          bodyFont: font,
          padding: 10,
          cornerRadius: 6,
          callbacks: {
            title: (items) => data.names[items[0].dataIndex],
            label: (item) => ` ${item.dataset.label} ${won(item.raw)}`,
          },
        },
      },
      scales: {
        x: {
          grid: { display: false },
          border: { color: color("--line") },
          ticks: { color: quiet, font: font, maxRotation: 0, autoSkipPadding: 14 },
        },
        y: {
          beginAtZero: true,
          suggestedMax: 1000,
          grid: { color: color("--line") },
          border: { display: false },
          ticks: { color: quiet, font: font, maxTicksLimit: 5, callback: (value) => short.format(value) },
        },
      },
    };
  }

  function datasets() {
    return [bars("gross", color("--accent")), bars("refunded", color("--note"))];
  }

  const box = canvas.parentElement;
  box.hidden = false;
  box.parentElement.querySelector("details").open = false;
  const chart = new window.Chart(canvas, {
    type: "bar",
    data: { labels: data.labels, datasets: datasets() },
    options: options(),
  });

  function redraw() {
    chart.data.datasets = datasets();
    chart.options = options();
    chart.update();
  }

  // The theme's switch sets data-theme; without a choice the system decides.
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
})();
