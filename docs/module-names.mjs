import { Converter } from "typedoc";

/**
 * A plugin of TypeDoc that gives a module the name of its package's folder: `core` and not `core/src`.
 * @param {import("typedoc").Application} app
 */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) module.name = module.name.replace(/\/src$/, "");
  });
}
