import theme from "vitepress/theme-without-fonts"; // only fonts of the system
// oxlint-disable-next-line import/no-unassigned-import -- Vite takes the styles from it
import "./style.css";

export default theme;
