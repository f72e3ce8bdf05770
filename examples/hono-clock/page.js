// @ts-check
import { html } from "hono/html";

/** The page is a module and not a folder of files, because each runtime serves files in its own way. */
export const page = html`<!doctype html>
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>ssekit · a clock</title>
      <link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon())}" />
      <style>
        :root {
          color-scheme: light dark;
          --back: light-dark(#f6f6f9, #131318);
          --card: light-dark(#ffffff, #1d1d25);
          --line: light-dark(#dfdfe7, #34343f);
          --text: light-dark(#1b1b22, #ececf1);
          --soft: light-dark(#5d5d6b, #a5a5b4);
          --accent: light-dark(#4f46e5, #a5b4fc);
          font:
            16px/1.6 system-ui,
            sans-serif;
          color: var(--text);
          background: var(--back);
        }

        * {
          box-sizing: border-box;
          margin: 0;
        }

        body {
          display: flex;
          flex-direction: column;
          align-items: center;
          justify-content: center;
          gap: 1.5rem;
          min-height: 100dvh;
          padding: 1.5rem 1rem;
          text-align: center;
        }

        svg {
          width: min(20rem, 78vw);
          filter: drop-shadow(0 0.5rem 1.5rem light-dark(#1b1b2222, #00000066));
          transition: opacity 0.4s;
        }

        .face {
          fill: var(--card);
          stroke: var(--line);
        }

        .minutes,
        .hours {
          fill: none;
          stroke: light-dark(#b4b4c2, #5d5d6b);
          stroke-width: 3;
        }

        .hours {
          stroke: var(--soft);
          stroke-width: 8;
        }

        .hand {
          stroke: var(--text);
          stroke-linecap: round;
          transition: rotate 0.25s cubic-bezier(0.3, 1.8, 0.5, 1);
        }

        #hour {
          stroke-width: 5;
        }

        #minute {
          stroke-width: 3.5;
        }

        #second {
          stroke: var(--accent);
          stroke-width: 1.5;
        }

        circle.pin {
          fill: var(--accent);
        }

        #time {
          display: block;
          font-size: 3rem;
          font-weight: 650;
          line-height: 1.1;
          letter-spacing: -0.02em;
          font-variant-numeric: tabular-nums;
        }

        #date,
        dt,
        footer {
          color: var(--soft);
        }

        dl {
          display: grid;
          grid-template-columns: repeat(4, auto);
          gap: 0.5rem 1.75rem;
          padding: 0.7rem 1.4rem;
          border: 1px solid var(--line);
          border-radius: 1rem;
          background: var(--card);
        }

        dt,
        footer {
          font-size: 0.8rem;
        }

        dd {
          font-weight: 600;
          font-variant-numeric: tabular-nums;
        }

        .away svg {
          opacity: 0.4;
        }

        .away #runtime {
          display: none;
        }

        @media (max-width: 30rem) {
          dl {
            grid-template-columns: repeat(2, 6rem);
          }
        }

        @media (prefers-reduced-motion: reduce) {
          * {
            transition: none !important;
          }
        }
      </style>
    </head>
    <body>
      <svg viewBox="-100 -100 200 200" aria-hidden="true">
        <circle class="face" r="98" />
        <circle class="minutes" r="88" pathLength="60" stroke-dasharray=".16 .84" stroke-dashoffset=".08" />
        <circle class="hours" r="85.5" pathLength="12" stroke-dasharray=".06 .94" stroke-dashoffset=".03" />
        <line id="hour" class="hand" y2="-48" />
        <line id="minute" class="hand" y2="-72" />
        <line id="second" class="hand" y1="16" y2="-80" />
        <circle class="pin" r="4.5" />
      </svg>

      <main>
        <time id="time">–:–:–</time>
        <p id="date">&nbsp;</p>
      </main>

      <dl></dl>

      <footer><span id="feed" role="status">…</span> <span id="runtime"></span></footer>

      <script type="module">
        const find = (selector) => document.querySelector(selector);
        const zones = ["America/Lima", "Africa/Nairobi", "Asia/Shanghai", "Pacific/Auckland"];

        const watches = zones.map((timeZone) => {
          const entry = document.createElement("div");
          const dt = entry.appendChild(document.createElement("dt"));
          const dd = entry.appendChild(document.createElement("dd"));
          dt.textContent = timeZone.split("/")[1];
          find("dl").append(entry);
          return { dd, format: new Intl.DateTimeFormat("en-GB", { timeZone, timeStyle: "short" }) };
        });

        // The hand always moves forward, also from 59 to 0.
        function turn(name, angle) {
          const hand = find(name);
          const turned = Number(hand.dataset.turned ?? 0);
          hand.dataset.turned = turned + ((((angle - turned) % 360) + 360) % 360);
          hand.style.rotate = hand.dataset.turned + "deg";
        }

        function show(date) {
          const seconds = date.getSeconds();
          const minutes = date.getMinutes() + seconds / 60;
          turn("#second", seconds * 6);
          turn("#minute", minutes * 6);
          turn("#hour", (date.getHours() + minutes / 60) * 30);
          find("#time").textContent = date.toLocaleTimeString("en-GB");
          find("#date").textContent = date.toLocaleDateString("en-GB", { dateStyle: "full" });
          for (const { dd, format } of watches) dd.textContent = format.format(date);
        }

        // The time is the server's, not this device's. EventSource reconnects by itself when the stream breaks.
        const source = new EventSource("clock");
        source.addEventListener("tick", ({ data }) => {
          const { now, runtime } = JSON.parse(data);
          show(new Date(now));
          find("#runtime").textContent = "on " + runtime;
        });
        source.onopen = () => {
          document.body.classList.remove("away");
          find("#feed").textContent = "live from /clock";
        };
        source.onerror = () => {
          document.body.classList.add("away");
          find("#feed").textContent = "The server is away, trying again…";
        };
      </script>
    </body>
  </html>`;

function icon() {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#4f46e5"/><path d="M16 7v9l6 4" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
}
