"""Speed and size of the bot, as ratios from one run: `python -m benchmarks`. see docs/benchmarks.md."""
