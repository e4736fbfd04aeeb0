"use strict";
(() => {
  const report = JSON.parse(document.getElementById("report").textContent);
  const charts = [];
  const chosen = report.chosen === null ? null : report.candidates[report.chosen];
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const three = (number) => Number(number.toPrecision(3)).toString();
  const time = (us) => us < 1e3 ? `${three(us)} us` : us < 1e6 ? `${three(us / 1e3)} ms` : `${three(us / 1e6)} s`;
  const form = (c) => c.precision + (c.pruned ? `, ${three(c.pruned * 100)} % pruned` : "") +
                      (c.slides ? ", sliding" : "");
  const label = (c) => `${c.engine} ${form(c)}, ${c.threads} thread${c.threads === 1 ? "" : "s"}`;
  const short = (text) => text.length > 28 ? `${text.slice(0, 14)}...${text.slice(-12)}` : text;

  const axis = (title, more) => ({
    title: { display: true, text: title, color: colour("--quiet") },
    ticks: { color: colour("--quiet"), maxRotation: 0, autoSkipPadding: 12 },
    grid: { color: colour("--line") },
    ...more,
    ...(more && more.ticks ? { ticks: { color: colour("--quiet"), maxRotation: 0, autoSkipPadding: 12, ...more.ticks } } : {}),
  });

  const draw = (id, config) => {
    const canvas = document.getElementById(id);
    if (!canvas) return;
    config.options = {
      responsive: true, maintainAspectRatio: false, animation: false, color: colour("--text"),
      ...config.options,
    };
    charts.push(new Chart(canvas, config));
  };

  const bars = (id, rows, title, tooltip) => {
    const box = document.getElementById(`box-${id}`);
    if (!box) return;
    box.style.height = `${Math.max(8, 4 + 1.6 * rows.length)}rem`;
    draw(id, {
      type: "bar",
      data: { labels: rows.map((row) => short(row.name)),
              datasets: [{ data: rows.map((row) => row.value), backgroundColor: colour("--series-0") }] },
      options: {
        indexAxis: "y",
        plugins: { legend: { display: false },
                   tooltip: { callbacks: { title: (items) => rows[items[0].dataIndex].name,
                                           label: (item) => tooltip(item.parsed.x) } } },
        scales: { x: axis(title, { beginAtZero: true }),
                  y: axis("", { title: { display: false }, ticks: { autoSkip: false } }) },
      },
    });
  };

  const histogram = () => {
    if (!chosen || !chosen.latency) return;
    const bins = chosen.latency.histogram;
    draw("histogram", {
      type: "bar",
      data: { labels: bins.map((bin) => time(bin[0])),
              datasets: [{ data: bins.map((bin) => bin[2]), backgroundColor: colour("--series-0"),
                           barPercentage: 1, categoryPercentage: 1 }] },
      options: {
        plugins: { legend: { display: false },
                   tooltip: { callbacks: {
                     title: (items) => { const bin = bins[items[0].dataIndex];
                                         return `${time(bin[0])} to ${time(bin[1])}`; },
                     label: (item) => `${item.parsed.y} runs` } } },
        scales: { x: axis("time of a run"), y: axis("runs", { type: "logarithmic", min: 0.8,
                  ticks: { callback: (n) => Number.isInteger(Math.log10(n)) ? n.toLocaleString("en") : "" } }) },
      },
    });
  };

  const scatter = () => {
    const measured = report.candidates.filter((c) => c.latency);
    const engines = [...new Set(measured.map((c) => c.engine))];
    const styles = { f32: "circle", f16: "rect", bf16: "triangle", "int8-weights": "star", int8: "rectRot" };
    const drop = (c) => c.accuracy ? c.accuracy.drop_percent : 0;
    const most = report.budget.accuracy_drop_percent;
    const times = measured.map((c) => c.latency.p50_us);
    const inside = {
      id: "inside",
      // What each point is beside it, where there is room; the budget as a line.
      afterDatasetsDraw(chart) {
        const { ctx, chartArea, scales } = chart;
        ctx.save();
        ctx.font = "11px sans-serif";
        ctx.fillStyle = colour("--quiet");
        const taken = [];
        chart.data.datasets.forEach((set, i) => chart.getDatasetMeta(i).data.forEach((point, j) => {
          const c = set.rows[j];
          const text = c.threads > 1 ? `${c.precision} x${c.threads}` : c.precision;
          const box = { x: point.x + 10, y: point.y - 14, w: ctx.measureText(text).width, h: 12 };
          if (box.x + box.w > chartArea.right) box.x = point.x - 10 - box.w;
          if (box.y < chartArea.top) box.y = point.y + 4;
          if (taken.some((o) => box.x < o.x + o.w && o.x < box.x + box.w && box.y < o.y + o.h && o.y < box.y + box.h)) return;
          taken.push(box);
          ctx.fillText(text, box.x, box.y + 11);
        }));
        if (most !== undefined && most <= scales.y.max) {
          const y = scales.y.getPixelForValue(most);
          ctx.strokeStyle = ctx.fillStyle = colour("--bad");
          ctx.setLineDash([6, 4]);
          ctx.beginPath();
          ctx.moveTo(chartArea.left, y);
          ctx.lineTo(chartArea.right, y);
          ctx.stroke();
          ctx.fillText("budget", chartArea.left + 4, y - 4);
        }
        ctx.restore();
      },
    };
    draw("scatter", {
      type: "scatter",
      plugins: [inside],
      data: { datasets: engines.map((engine, i) => {
        const rows = measured.filter((c) => c.engine === engine);
        return { label: engine, rows, backgroundColor: colour(`--series-${i % 5}`),
                 borderColor: colour(`--series-${i % 5}`),
                 data: rows.map((c) => ({ x: c.latency.p50_us, y: drop(c) })),
                 pointStyle: rows.map((c) => styles[c.precision] || "circle"),
                 radius: rows.map((c) => c.outcome === "chosen" ? 11 : 6), hoverRadius: 12 };
      }) },
      options: {
        plugins: { legend: { labels: { color: colour("--text"), usePointStyle: true, pointStyle: "circle" } },
                   tooltip: { callbacks: { label: (item) => {
                     const c = item.dataset.rows[item.dataIndex];
                     return `${label(c)}: ${time(c.latency.p50_us)}, ${three(drop(c))} % lost, ${c.outcome}`; } } } },
        scales: { x: axis("median latency", { type: "logarithmic", min: 0.8 * Math.min(...times), max: 1.3 * Math.max(...times),
                                             ticks: { callback: (us) => time(us), maxTicksLimit: 8, includeBounds: false } }),
                  y: axis("accuracy lost, %", { beginAtZero: true }) },
      },
    });
  };

  const drawAll = () => {
    while (charts.length) charts.pop().destroy();
    histogram();
    scatter();
    const slowest = report.layers.filter((layer) => layer.mean_us !== undefined)
      .sort((a, b) => b.mean_us - a.mean_us).slice(0, 20);
    bars("layers", slowest.map((layer) => ({ name: layer.name, value: layer.mean_us })), "us, the 20 slowest", time);
    const worst = report.layer_errors.filter((layer) => layer.sqnr_db !== undefined)
      .sort((a, b) => a.sqnr_db - b.sqnr_db).slice(0, 20);
    bars("errors", worst.map((layer) => ({ name: layer.name, value: layer.sqnr_db })),
         "signal to error, dB, the 20 worst", (db) => `${three(db)} dB`);
    const fed = report.candidates.filter((c) => c.memory_bytes !== undefined);
    bars("memory", fed.map((c) => ({ name: label(c), value: c.memory_bytes / 1048576 })), "MiB",
         (mib) => `${three(mib)} MiB`);
  };

  drawAll();
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  document.documentElement.dataset.charts = String(charts.length);
})();
