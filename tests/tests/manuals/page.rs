//! Pages of the manuals, taken apart.

use std::{collections::BTreeSet, fs, path::PathBuf};

use super::root;

/// All of them, in the order of their names.
pub(super) fn pages() -> Vec<Page> {
    let mut names = BTreeSet::new();
    for dir in ["", "docs", "docs/decisions", "dashboards"] {
        for entry in fs::read_dir(root().join(dir)).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            if file.ends_with(".md") {
                names.insert(if dir.is_empty() { file } else { format!("{dir}/{file}") });
            }
        }
    }
    names.iter().map(|name| Page::read(name)).collect()
}

/// A page of the manuals, taken apart.
pub(super) struct Page {
    /// From the root of the house on.
    pub(super) name: String,
    /// Without its blocks.
    prose: Vec<String>,
    pub(super) blocks: Vec<Block>,
}

pub(super) struct Block {
    pub(super) language: String,
    pub(super) lines: Vec<String>,
}

impl Page {
    pub(super) fn read(name: &str) -> Self {
        let text = fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (mut prose, mut blocks) = (Vec::new(), Vec::<Block>::new());
        let mut inside = false;
        for line in text.lines() {
            match line.strip_prefix("```") {
                Some(_) if inside => inside = false,
                Some(language) => {
                    inside = true;
                    blocks.push(Block { language: language.to_owned(), lines: Vec::new() });
                }
                None if inside => blocks.last_mut().unwrap().lines.push(line.to_owned()),
                None => prose.push(line.to_owned()),
            }
        }
        assert!(!inside, "{name}: a block does not end");
        Self { name: name.to_owned(), prose, blocks }
    }

    pub(super) fn path(&self) -> PathBuf {
        root().join(&self.name)
    }

    pub(super) fn dir(&self) -> PathBuf {
        self.path().parent().unwrap().to_owned()
    }

    /// Files of the house that it links to, with the heading there; an empty one is this page.
    pub(super) fn links(&self) -> impl Iterator<Item = (String, Option<String>)> {
        let targets = self.prose.iter().flat_map(|line| line.split("](").skip(1));
        let targets = targets.filter_map(|rest| rest.split(')').next());
        targets.filter(|to| !to.contains("://")).map(|to| match to.split_once('#') {
            Some((to, anchor)) => (to.to_owned(), Some(anchor.to_owned())),
            None => (to.to_owned(), None),
        })
    }

    /// Lines of its blocks for a shell, continued ones as one; and what stands between backticks or quotation marks in its text,
    /// where a command is named and need not be whole.
    pub(super) fn commands(&self) -> Vec<(String, bool)> {
        let typed = |block: &&Block| !["json", "toml", "php"].contains(&block.language.as_str());
        let mut all = Vec::new();
        for block in self.blocks.iter().filter(typed) {
            all.extend(
                block.lines.join("\n").replace("\\\n", " ").lines().map(|line| (line.to_owned(), true)),
            );
        }
        for line in &self.prose {
            // A cell of a table has its bars masked.
            let line = line.replace("\\|", "|");
            let quoted = line.split('“').skip(1).filter_map(|rest| Some(rest.split_once('”')?.0));
            all.extend(line.split('`').skip(1).step_by(2).chain(quoted).map(|part| (part.to_owned(), false)));
        }
        all
    }
}

pub(super) fn headings(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim())
}

/// A heading's anchor, as the usual places that show Markdown make it.
pub(super) fn slug(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    heading.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}
