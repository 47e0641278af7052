"""The page 叠加分析: any two layers over one another, or a ready result."""
