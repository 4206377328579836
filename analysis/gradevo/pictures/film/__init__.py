"""Pictures that move, as GIF and MP4.

``film``     a matplotlib figure whose artists are updated
``stage``    the figure as pixels: what stays is drawn once
``palette``  the colours of a GIF, found in its frames
``encode``   frames to both files
"""
