"""How the triage board looks: its rules on top of those that every form has."""

from __future__ import annotations

BOARD_CSS = """
.gk-board .gk-views.jupyter-widgets { margin: 8px 0 4px; width: auto; overflow: visible; }
.gk-board .gk-views .widget-toggle-button, .gk-board .gk-views button.jupyter-button {
  width: auto; min-width: 96px; font-size: 15px; font-weight: 600; margin: 0 6px 0 0; }
.gk-board .gk-views button.mod-active { background: #14507e; color: #fff; border-color: #14507e;
  box-shadow: none; }
.gk-board .gk-grid.widget-box { gap: 4px 14px; margin: 6px 0 2px; grid-template-columns:
  repeat(auto-fill, minmax(min(144px, 100%), 1fr)); }
.gk-board .gk-matter .gk-grid.widget-box { grid-template-columns:
  repeat(auto-fill, minmax(min(220px, 100%), 1fr)); }
.gk-line-up { white-space: nowrap; }
.gk-listing .gk-scroll { overflow-x: auto; }
.gk-rows tbody tr[data-row] { cursor: pointer; }
.gk-rows tbody tr[data-row]:hover { background: var(--jp-layout-color2, #f1f5f9); }
.gk-rows td { line-height: 1.4; }
.gk-rows th[scope=rowgroup] { background: #e8f0f7; color: #123a5a; padding-top: 7px; }
.gk button.gk-open, .gk-listing button.gk-open { display: inline; background: none; border: 0;
  padding: 0; margin: 0; font: inherit; font-weight: 700; color: #14507e; text-align: left;
  cursor: pointer; text-decoration: underline; text-decoration-color: #9dbcd4;
  text-underline-offset: 3px; min-height: 0; }
.gk-listing button.gk-open:focus-visible { outline: 3px solid #1a6fb5; outline-offset: 2px; }
.gk-small { color: var(--jp-ui-font-color2, #4b545f); font-size: 12.5px; }
.gk-late-text { color: #a3201a; font-weight: 600; }
.gk .gk-two.widget-box { display: grid; gap: 0 26px; align-items: start;
  grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); }
.gk .gk-two > .widget-box { min-width: 0; }
@media (max-width: 1000px) {
  .gk .gk-two.widget-box { grid-template-columns: minmax(0, 1fr); }
}
.gk-clock { margin: 4px 0 10px; }
.gk-kind { display: inline-block; border: 1px solid #9aa7b4; border-radius: 3px; font-size: 12px;
  padding: 0 5px; margin-right: 5px; color: #3d4853; }
.gk-overdue { border-color: #a3201a; color: #fff; background: #a3201a; }
.gk-bar { height: 12px; border-radius: 6px; background: #e3e8ee; overflow: hidden; margin: 4px 0 2px; }
.gk-bar span { display: block; height: 100%; min-width: 3px; }
.gk-bar.gk-calm span { background: #2f78b7; } .gk-bar.gk-soon span { background: #d9822b; }
.gk-bar.gk-late span { background: #b3261e; }
.gk-ends { display: flex; justify-content: space-between; gap: 10px; font-size: 12.5px;
  color: var(--jp-ui-font-color2, #4b545f); }
.gk details { margin: 6px 0; } .gk summary { cursor: pointer; font-weight: 600; font-size: 13.5px; }
.gk details ul { margin: 4px 0; padding-left: 20px; font-size: 13px; }
.gk-line { list-style: none; margin: 4px 0; padding: 0 0 0 16px; border-left: 2px solid #c9d3dc; }
.gk-line li { position: relative; padding: 0 0 9px; }
.gk-line li::before { content: ""; position: absolute; left: -22px; top: 5px; width: 10px;
  height: 10px; border-radius: 50%; background: #2f78b7; border: 2px solid #fff; box-sizing: border-box; }
.gk-line li.gk-heard::before { background: #5b6470; }
.gk-line li.gk-decision::before { background: #7a4b00; }
.gk-line li.gk-session::before { background: #1d7a3e; }
.gk-line li.gk-backlog::before { background: #b3261e; }
.gk-line li.gk-bad::before { background: #fff; border-color: #b3261e; }
.gk-line time { font-variant-numeric: tabular-nums; color: var(--jp-ui-font-color2, #4b545f); }
.gk-after { color: #155d8b; } .gk-who { font-size: 12.5px; color: var(--jp-ui-font-color2, #5b6470); }
.gk-words { background: var(--jp-layout-color2, #f4f6f8); border-radius: 4px; padding: 3px 9px;
  margin: 3px 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13.5px; }
.gk-answer { background: #eef8f1; color: #12351f; }
.gk-lower { background: #eef5fb; color: #123a5a; border-radius: 4px; padding: 4px 10px; }
.gk .gk-steps.widget-box { display: flex; flex-flow: row wrap; gap: 6px 8px; margin: 4px 0; }
.gk .gk-steps button.gk-chosen { background: #14507e; color: #fff; border-color: #14507e; }
.gk .gk-ask.widget-box { border-left: 4px solid #14507e; padding: 2px 0 2px 12px; margin: 6px 0; }
.gk-facts { display: flex; flex-flow: row wrap; gap: 4px 22px; margin: 4px 0; }
.gk-tick { color: #1d7a3e; font-weight: 700; white-space: nowrap; }
.gk-cross { color: #a3201a; font-weight: 700; white-space: nowrap; }
.gk-count { display: inline-block; margin: 0 16px 4px 0; font-size: 14px; }
.gk-count b { font-size: 19px; margin-right: 3px; }
@media (max-width: 700px) {
  .gk-rows thead { display: none; }
  .gk-rows tr, .gk-rows td { display: block; border: 0; padding: 1px 4px; }
  .gk-rows tr[data-row] { border-bottom: 1px solid #dde1e6; padding: 8px 0; }
}
"""
