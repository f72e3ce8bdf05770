import theme from "vitepress/theme-without-fonts"; // only fonts of the system
import "./style.css";

export default theme;
